"""The card: what the surgical cohort is, what it is not, and where its rates come from."""

from __future__ import annotations

from datasets.cohort import Card
from datasets.surgical.factors import World

_TITLES = {
    "surgical": "Synthetic surgical cohort",
    "surgical_no_common": "Synthetic surgical cohort, no common signal",
    "surgical_tables_suffice": "Synthetic surgical cohort, all signal in the tables",
}

_WITHIN = "within 7 days of surgery"

_NOTES = (
    "Synthetic: no row is or resembles a person, and no clinical claim follows from it. It is made to compare methods whose "
    "truth must be known: eight latent factors, stated equations, true risks.",
    "Rates are those of a high-risk cohort: any complication .197, pulmonary .098, kidney injury .051, unplanned ICU .030. For "
    "comparison: pulmonary complications in 9.7 % of non-cardiac operations in Chinese university hospitals (Jin et al. 2015); "
    "any complication in 8.8 of 100 surgical inpatients of four Chinese teaching hospitals (BMJ Open 2019, 9:e025401); kidney "
    "injury from 7 % upwards after major non-cardiac surgery (Pan et al. 2017).",
    "Conflict: at conflict = 1 fluid harms the lung and spares the kidney, as in RELIEF (Myles et al. 2018: kidney injury 8.6 % "
    "under restrictive against 5.0 % under liberal fluid); at 0 it harms both. It turns the sign of one coordinate alone: fluid, "
    "in the kidney gradient (−.24 at conflict = 0, +.16 at 1; lung −.39 at both; unit gradients on whitened factors at w = 0). "
    "The full gradients of a linear model keep a positive cosine (+.64, +.47), since the common factors agree.",
    "Any complication also holds other complications, which are no outcome of their own.",
    "The oracle (true risk given the factors) is a ceiling that noisy modalities cannot reach.",
)


def card(world: World) -> Card:
    """The card of one world."""
    return Card(
        name=world.name,
        title=_TITLES.get(world.name, _TITLES["surgical"]),
        source="made by datasets.surgical from its equations; no download",
        licence="MIT",
        citation="Clinical MTL Bench, synthetic surgical cohort",
        landmark="end of surgery",
        outcomes={
            "any_complication": f"any complication {_WITHIN}: pulmonary, kidney, other, or unplanned ICU admission",
            "pulmonary": f"pulmonary complication {_WITHIN}",
            "kidney_injury": f"acute kidney injury {_WITHIN}",
            "unplanned_icu": f"unplanned admission to intensive care {_WITHIN}",
        },
        reference=("asa", "age_years", "emergency"),
        procedure="operation",
        subgroups=("age_years", "asa", "emergency"),
        nested={"any_complication": ("pulmonary", "kidney_injury", "unplanned_icu")},
        synthetic=True,
        notes=_NOTES,
    )
