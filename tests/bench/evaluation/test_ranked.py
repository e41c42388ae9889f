import numpy as np
import pandas as pd
import pytest
from scipy.stats import f, friedmanchisquare, rankdata

from bench.evaluation.ranked import alike, averages, bounded, critical_difference, friedman, ranked, real
from bench.evaluation.scores import score
from tests.bench.records import Fake, study


def values(rng: np.random.Generator, cohorts: int, methods: int) -> pd.DataFrame:
    names = [f"m{j}" for j in range(methods)]
    return pd.DataFrame(rng.uniform(0.6, 0.9, (cohorts, methods)), [f"c{i}" for i in range(cohorts)], names)


@pytest.mark.parametrize(("methods", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_the_critical_difference_is_that_of_the_published_table(methods: int, q: float):
    # Demšar 2006, table 5 (a), two-tailed Nemenyi at 5 %; one cohort of k (k + 1) / 6 undoes the root.
    assert critical_difference(methods, 1) / np.sqrt(methods * (methods + 1) / 6) == pytest.approx(q, abs=1.5e-3)


def test_friedman_is_the_published_example_and_scipys_with_ties():
    # Demšar 2006, section 3.2.3: mean ranks of four classifiers over 14 datasets give F = 3.69.
    means, N, k = np.array([3.143, 2.000, 2.893, 1.964]), 14, 4
    chi = 12 * N / (k * (k + 1)) * ((means**2).sum() - k * (k + 1) ** 2 / 4)
    assert (N - 1) * chi / (N * (k - 1) - chi) == pytest.approx(3.69, abs=0.01)
    rng = np.random.default_rng(0)
    tied = np.round(rng.uniform(0.6, 0.9, (9, 5)), 1)
    chi = friedmanchisquare(*tied.T).statistic
    F = 8 * chi / (9 * 4 - chi)
    assert friedman(rankdata(-tied, axis=1)) == pytest.approx(f.sf(F, 4, 32), rel=1e-10)
    assert friedman(rankdata(np.ones((6, 3)), axis=1)) == 1.0
    assert friedman(np.tile([1.0, 2.0, 3.0], (6, 1))) == 0.0


def test_without_any_difference_a_pair_is_called_apart_in_at_most_one_study_of_twenty():
    rng, apart = np.random.default_rng(1), 0
    studies, cohorts, methods = 4000, 6, 5
    limit = critical_difference(methods, cohorts)
    for _ in range(studies):
        means = rankdata(rng.normal(size=(cohorts, methods)), axis=1).mean(axis=0)
        apart += means.max() - means.min() >= limit
    # Three standard errors above 5 %.
    assert 0 < apart / studies < 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)


def test_fewer_than_six_cohorts_or_three_methods_are_not_ranked():
    rng = np.random.default_rng(2)
    assert ranked(values(rng, 5, 4), "auc") is None
    assert ranked(values(rng, 6, 2), "auc") is None
    some = values(rng, 6, 4)
    some.iloc[3, 1] = np.nan
    found = ranked(some, "auc")
    assert found is not None
    assert sorted(found.table["method"]) == ["m0", "m2", "m3"]


def test_ranks_win_rates_and_improvability_are_those_worked_by_hand():
    rows = {"a": [0.9, 0.9, 0.9, 0.9, 0.9, 0.7], "b": [0.8, 0.8, 0.8, 0.8, 0.8, 0.8], "c": [0.7, 0.7, 0.7, 0.7, 0.8, 0.6]}
    found = ranked(pd.DataFrame(rows, index=list("uvwxyz")), "auprc")
    assert found is not None
    table = found.table.set_index("method")
    assert list(table.index) == ["a", "b", "c"]
    assert table["mean_rank"].tolist() == pytest.approx([7 / 6, (2 * 4 + 2.5 + 1) / 6, (3 * 4 + 2.5 + 3) / 6])
    assert table["win_rate"].tolist() == pytest.approx([11 / 12, (4 + 0.5 + 2) / 12, 0.5 / 12])
    # Errors of a: 0.1 five times, which is the best, then 0.3 where 0.2 is.
    assert table.loc["a", "improvability"] == pytest.approx((0 * 5 + 1 / 3) / 6)
    assert set(table["cohorts"]) == {6}


def test_elo_is_bradley_and_terrys_maximum_of_likelihood():
    some = values(np.random.default_rng(3), 8, 4)
    found = ranked(some, "auc")
    assert found is not None
    elo = found.table.set_index("method")["elo"].loc[some.columns].to_numpy() / 400
    for one in range(4):
        won = sum((some.iloc[:, one] > some.iloc[:, other]).sum() for other in range(4) if other != one)
        expected = sum(8 / (1 + 10 ** (elo[other] - elo[one])) for other in range(4) if other != one)
        # The score equations of the likelihood: as many wins as the model expects; Elo is told to a tenth.
        assert won == pytest.approx(expected, abs=5e-3)


def test_a_method_that_wins_everywhere_leaves_no_finite_elo():
    some = values(np.random.default_rng(5), 6, 4)
    assert bounded(some.to_numpy())
    some["m2"] = 0.95
    found = ranked(some, "auc")
    assert found is not None
    assert not bounded(some.to_numpy())
    assert found.table["elo"].isna().all()
    assert found.table["method"].iloc[0] == "m2"
    # Two groups, of which one wins every comparison with the other, though each is mixed inside.
    rng = np.random.default_rng(6)
    groups = np.hstack([rng.uniform(0.8, 0.9, (6, 2)), rng.uniform(0.6, 0.7, (6, 2))])
    assert not bounded(groups)
    groups[3, 2] = 0.95
    assert bounded(groups)


def test_the_interval_of_a_mean_rank_is_over_cohorts():
    some = values(np.random.default_rng(7), 8, 4)
    found = ranked(some, "auc")
    assert found is not None
    table = found.table.set_index("method")
    ranks = rankdata(-some.to_numpy(), axis=1)
    for n, method in enumerate(some.columns):
        assert table.loc[method, "low"] <= ranks[:, n].mean() <= table.loc[method, "high"]
        # Half the width of a normal interval of the same standard error, within what eight cohorts allow.
        width = 1.96 * ranks[:, n].std() / np.sqrt(8)
        assert (table.loc[method, "high"] - table.loc[method, "low"]) / 2 == pytest.approx(width, rel=0.15)


def test_ranks_do_not_hang_on_the_order_of_cohorts_or_methods_and_are_the_same_each_time():
    some = values(np.random.default_rng(4), 7, 5)
    one, again = ranked(some, "auc"), ranked(some.copy(), "auc")
    other = ranked(some.iloc[::-1, [3, 1, 0, 4, 2]], "auc")
    assert one is not None
    assert again is not None
    assert other is not None
    pd.testing.assert_frame_equal(one.table, again.table)
    columns = ["method", "mean_rank", "win_rate", "elo", "improvability"]
    left, right = (found.table[columns].sort_values("method", ignore_index=True) for found in (one, other))
    pd.testing.assert_frame_equal(left, right)
    assert one.p == pytest.approx(other.p, rel=1e-12)


def test_bars_join_what_cannot_be_told_apart_and_no_bar_lies_within_another():
    assert alike([1.0, 1.5, 2.4, 4.0, 4.1], 1.5) == [(0, 2), (3, 4)]
    assert alike([1.0, 1.5, 2.6, 2.9], 1.5) == [(0, 1), (1, 3)]
    assert alike([1.0, 3.0, 5.0], 1.5) == []


def test_synthetic_cohorts_are_never_ranked_and_one_cohort_counts_once(tmp_path):
    fakes = {f"real{n}": Fake(patients=200 + 10 * n, synthetic=False) for n in range(2)} | {"made": Fake(patients=200)}
    records = study(tmp_path, fakes).datasets
    table = averages([(record, score(record, 20)) for record in records])
    assert sorted(table["dataset"].unique()) == ["made", "real0", "real1"]
    assert sorted(real(table, "auc").index) == ["real0", "real1"]
    doubled = pd.concat([table, table[table["dataset"] == "real1"].assign(dataset="again", value=0.0)])
    halved = real(doubled, "auc")
    assert len(halved) == 2
    assert halved.loc["real1"].to_numpy() == pytest.approx(real(table, "auc").loc["real1"].to_numpy() / 2)


def test_where_friedman_sees_nothing_one_bar_joins_all():
    from bench.reporting.figures.ranks import _runs

    some = values(np.random.default_rng(0), 6, 5)
    found = ranked(some, "auc")
    assert found is not None
    assert found.p > 0.05
    assert _runs(found) == [(0, 4)]
    some["m0"], some["m4"] = 0.95, 0.1
    found = ranked(some, "auc")
    assert found is not None
    assert found.p < 0.05
    assert _runs(found) == alike(found.table["mean_rank"].tolist(), found.critical) != [(0, 4)]
