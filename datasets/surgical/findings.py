"""The findings that notes may hold: each speaks for one factor, in several wordings."""

from __future__ import annotations

from dataclasses import dataclass

from datasets.surgical.factors import FACTORS


@dataclass(frozen=True)
class Finding:
    """A finding. `factor`: the one it speaks for; `field`: the note that may hold it; `forms`: its wordings, noun phrases
    that can be affirmed or denied; `familial`: also written of relatives."""

    name: str
    factor: str
    field: str
    forms: tuple[str, ...]
    familial: bool = False


FIELDS = ("preoperative_note", "anaesthesia_note")

# [factor], then one finding a line: its name, * if also written of relatives, and its wordings
_PREOPERATIVE = """
[frailty]
exhaustion: exhaustion; easy fatigability; chronic fatigue; tiredness most days; low energy
weight_loss: weight loss; unintentional loss of weight; wt loss; 8 kg lost in six months; dwindling weight
falls: recurrent falls; falls at home; repeated falls; two falls this year; unsteadiness with falls
slow_gait: slow gait; reduced gait speed; shuffling walk; slow TUG; TUG over 20 s
weak_grip: weak grip; reduced grip strength; poor handgrip; low grip on dynamometry
dependence: help with ADLs; dependence in daily activities; need for a carer; ADL dependence; assisted living
cognition *: memory problems; cognitive impairment; dementia; forgetfulness; low MMSE; low MoCA
sarcopenia: sarcopenia; muscle wasting; loss of muscle mass; temporal wasting; thin limbs
poor_appetite: poor appetite; reduced oral intake; anorexia; eating little; poor PO intake
pressure_sores: pressure sores; sacral sore; decubitus ulcer; pressure injury; skin breakdown
polypharmacy: polypharmacy; more than ten regular drugs; long medication list; multiple daily medicines
housebound: being housebound; rarely leaving home; bedbound state; walking indoors only; confinement to a wheelchair
delirium: earlier delirium; postop confusion in the past; sundowning; acute confusional episode
frail_look: frail appearance; CFS 6; Clinical Frailty Scale over 5; cachectic habitus; looking older than stated age
hearing_loss: hearing loss; hearing aids; poor vision; sensory impairment
fracture: fragility fracture; hip fracture; osteoporotic collapse; vertebral fracture
[cardiopulmonary]
exertional_dyspnoea: exertional dyspnoea; SOBOE; shortness of breath on exertion; DOE; breathlessness on one flight
orthopnoea: orthopnoea; orthopnea; three-pillow sleeping; breathlessness lying flat; need to sleep upright
nocturnal_dyspnoea: paroxysmal nocturnal dyspnoea; PND; waking breathless at night; nocturnal breathlessness
oedema: ankle oedema; leg swelling; pitting oedema; swollen ankles; peripheral edema; bilat LE edema
angina *: angina; exertional chest pain; chest tightness on effort; stable angina; CP on exertion
arrhythmia *: atrial fibrillation; AF; irregular pulse; paroxysmal AF; palpitations
infarction *: myocardial infarction; old MI; previous NSTEMI; heart attack; coronary stent; prior PCI
low_tolerance: poor exercise tolerance; METs under 4; low functional capacity; NYHA III symptoms; limited walking distance
raised_jvp: raised JVP; distended neck veins; jugular venous distension; JVD; elevated JVP
crackles: basal crackles; bibasal creps; fine crackles at both bases; bilateral rales; crepitations
murmur: systolic murmur; ejection murmur; murmur at the apex; aortic murmur; loud murmur
low_ejection: reduced ejection fraction; EF under 40 %; LVEF 35 %; impaired LV function; LV systolic dysfunction
pulmonary_pressure: pulmonary hypertension; raised PASP; dilated right ventricle; RV strain on echo; PASP 55 mmHg
syncope: syncope; collapse with loss of consciousness; blackouts; fainting; presyncope
diuretics: loop diuretic; furosemide 40 mg; bumetanide; escalating diuretic dose
effusion: pleural effusion; bilateral effusions; blunted costophrenic angle; fluid at the lung base
natriuretic: raised NT-proBNP; BNP over 400; high natriuretic peptide; elevated proBNP
valve *: aortic stenosis; mitral regurgitation; valve disease; severe AS
gallop: third heart sound; S3 gallop; displaced apex beat; gallop rhythm
cardiomegaly: cardiomegaly; enlarged heart on CXR; CTR over 0.55; big heart shadow
[renal]
proteinuria: proteinuria; albuminuria; raised ACR; protein on dipstick; frothy urine
nephropathy *: diabetic nephropathy; renal disease; chronic nephropathy; CKD stage 3; eGFR under 45
kidney_injury_past: earlier kidney injury; AKI last year; previous ARF; temporary dialysis in the past; past AKI episode
nephrotoxic_drugs: daily NSAID use; regular ibuprofen; aminoglycoside course; ACE inhibitor plus diuretic; nephrotoxic medication
obstruction: hydronephrosis; urinary retention; obstructive uropathy; ureteric stent; bladder outlet obstruction
nocturia: nocturia; passing urine at night; polyuria; frequent nightly voiding
renal_artery: renal artery stenosis; single kidney; solitary kidney; small kidneys on ultrasound; RAS on duplex
stones *: kidney stones; renal calculi; nephrolithiasis; ureteric colic
uraemia: uraemic itch; pruritus of uraemia; uremic symptoms; metallic taste
renal_anaemia: erythropoietin injections; EPO therapy; anaemia of renal cause; darbepoetin
contrast: contrast exposure; contrast CT yesterday; coronary angiogram this week; iodinated contrast
haematuria: haematuria; blood in the urine; RBC casts; hematuria on dipstick
hyperkalaemia: hyperkalaemia; high K on admission; K over 5.5; hyperkalemia
[inflammation]
fever: fever; febrile episodes; pyrexia; temp over 38; temperature spikes
chills: chills; rigors; shaking chills; shivering attacks
abscess: abscess; intra-abdominal collection; pus on drainage; infected collection; purulent discharge
peritonism: peritonism; guarding; rebound tenderness; rigid abdomen; peritonitic abdomen
cholangitis: cholangitis; biliary sepsis; infected bile duct; ascending cholangitis
wound_infection: wound infection; cellulitis; infected wound; erythema around the wound; SSI
urinary_infection: urinary tract infection; UTI; dysuria; positive urine culture; pyuria
antibiotics: antibiotics before surgery; IV abx; tazocin since admission; current antibiotic course; ceftriaxone on the ward
positive_culture: positive blood culture; bacteraemia; gram-negative rods in blood; BC positive; septicaemia
night_sweats: night sweats; drenching sweats; sweats at night; nightly sweating
malaise: malaise; feeling feverish; general unwellness; flu-like symptoms
tachypnoea: tachypnoea; RR over 24; rapid breathing from sepsis; tachypnea
procalcitonin: raised procalcitonin; PCT over 2; high PCT; procalcitonin rise
left_shift: left shift; bandaemia; toxic granulation; bands on film
[airway]
cough: cough; chronic cough; morning cough; nagging cough; coughing fits
sputum: sputum; productive phlegm; daily phlegm; bringing up sputum; mucus production
wheeze: wheeze; wheezing; expiratory wheeze; rhonchi; whistling chest
smoking: current smoking; 40 pack-years; heavy tobacco use; 20 cigs daily; ongoing cigarette use
asthma *: asthma; bronchial asthma; reactive airways; childhood-onset asthma; brittle asthma
inhalers: inhaler use; salbutamol PRN; LABA plus LAMA; tiotropium; inhaled steroids; home nebuliser
sleep_apnoea *: obstructive sleep apnoea; OSA; CPAP at night; STOP-BANG of 6; loud snoring with apnoeas
chest_infection: recent chest infection; recent URTI; LRTI last month; bronchitis in the past weeks; cold two weeks ago
hyperinflation: hyperinflation; barrel chest; flattened diaphragms; emphysema on CXR; hyperexpanded lungs
bronchiectasis *: bronchiectasis; dilated bronchi on CT; cylindrical bronchiectasis; tram-track opacities
oral_steroids: oral prednisolone for the chest; steroid courses for exacerbations; repeated prednisone bursts; rescue steroids
home_oxygen: home oxygen; LTOT; domiciliary oxygen; oxygen concentrator; portable oxygen
prolonged_expiration: prolonged expiration; long expiratory phase; pursed-lip breathing; accessory muscle use
night_wheeze: waking with wheeze at night; nocturnal chest tightness; night-time asthma symptoms; early-morning tightness
clubbing: finger clubbing; clubbed nails; drumstick fingers
low_gas_transfer: low DLCO; reduced gas transfer; TLCO under 60 %; impaired diffusion
old_tuberculosis: old tuberculosis; previous TB; calcified apical scars; treated pulmonary TB
hypercapnia: hypercapnia; raised pCO2; chronic CO2 retention; bicarbonate over 30
"""

_ANAESTHESIA = """
[stress]
adhesions: dense adhesions; extensive adhesiolysis; frozen abdomen; adhesions throughout; hostile abdomen
conversion: conversion to open; conversion to laparotomy; lap converted; laparotomy after laparoscopy
multivisceral: multivisceral resection; en bloc resection; adjacent organ removed; extended resection
vessel_injury: vascular injury; vessel repair; venous tear; injury to a major vessel; bleeding from the portal branch
clamping: Pringle manoeuvre; vascular clamping; aortic cross-clamp; clamping of the hilum; inflow occlusion
redo: redo surgery; reoperation; second-look surgery; re-do of the anastomosis; revision surgery
difficult_dissection: difficult dissection; difficult exposure; tedious dissection; tumour stuck to vessels
transfusion: red cell transfusion; 4 units PRBC; massive transfusion; cell salvage used
prolonged_case: prolonged surgery; overrun of the list; surgery past six hours; long operating time
two_cavities: thoracoabdominal incision; combined chest and abdominal approach; two-cavity surgery; three-stage procedure
open_approach: midline laparotomy; open approach; bilateral subcostal incision; rooftop incision
lymph_nodes: radical lymphadenectomy; D2 dissection; extended nodal clearance; para-aortic node dissection
[inflammation]
contamination: faecal contamination; spillage of bowel content; soiled field; gross contamination; perforated viscus
vasoplegia: vasoplegia; warm peripheries with low tone; septic vasodilatation; inflammatory vasodilation
septic_fluid: turbid ascites; pus in the abdomen; fibrinous exudate; murky peritoneal fluid
[airway]
bronchospasm: bronchospasm; bronchospasm at induction; tight chest on ventilation; wheezy ventilation; sustained wheeze on IPPV
secretions: copious secretions; thick secretions; frequent suctioning; mucus plug; sticky secretions in the tube
auto_peep: auto-PEEP; air trapping; breath stacking; incomplete exhalation; intrinsic PEEP
[cardiopulmonary]
low_saturation: desaturation on one lung; persistent FiO2 need; FiO2 over 0.6; poor oxygenation; recruitment manoeuvres
inotropes: inotrope need; dobutamine running; milrinone infusion; inotropic support
ischaemia: ST depression on monitor; ischaemic ECG change; new T inversion; intraop ST change
"""


def _parsed(text: str, field: str) -> tuple[Finding, ...]:
    found, factor = [], ""
    for line in text.strip().splitlines():
        if line.startswith("["):
            factor = line.strip("[]")
            continue
        name, forms = line.split(": ", maxsplit=1)
        wordings = tuple(form.strip() for form in forms.split(";"))
        found.append(Finding(name.removesuffix(" *"), factor, field, wordings, familial=name.endswith("*")))
    return tuple(found)


FINDINGS = _parsed(_PREOPERATIVE, FIELDS[0]) + _parsed(_ANAESTHESIA, FIELDS[1])

FACTOR_OF = tuple(FACTORS.index(finding.factor) for finding in FINDINGS)
