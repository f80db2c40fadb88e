"""Epochs computed over epochs reported: one run serves every t, switched runs leave a common prefix."""

from mixrepro.experiments import fig_2, fig_6
from mixrepro.training.forks import epochs_computed
from mixrepro.training.schedule import evaluation_epochs

#: The t's of the paper's Figure 2, each of which is a training run of its own by the letter of its appendix A.
REPORTED = range(200, 1601, 200)
#: Epochs to which the paper follows the runs of its Figure 6.
SWITCHED_EPOCHS = 200


def test_one_run_serves_every_t_of_figure_2():
    experiment = fig_2.declare("paper", model="resnet18")
    runs = experiment.runs()
    assert len(runs) == 2 * len(experiment.seeds)
    assert experiment.epochs == REPORTED[-1]
    computed = epochs_computed(runs)
    assert computed / (len(runs) * sum(REPORTED)) <= 0.25
    # The same holds for the t's at which our runs report a trial, from the paper's smallest on.
    reported = sum(t for run in runs for t in evaluation_epochs(run) if t >= 100)
    assert computed / reported <= 0.25


def test_switched_runs_of_figure_6_share_their_prefix():
    experiment = fig_6.declare("paper", model="resnet18", epochs=SWITCHED_EPOCHS)
    switched = [run for run in experiment.runs() if run.switch_epoch is not None]
    assert len(switched) == 5 * len(experiment.seeds)
    # ERM and Mixup are runs of Figure 2, so what Figure 6 adds is the switched ones and their prefixes.
    assert epochs_computed(switched) / sum(run.epochs for run in switched) <= 0.6
    alone = sum(epochs_computed([run]) for run in switched)
    assert alone == sum(run.epochs for run in switched)
