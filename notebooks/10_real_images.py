# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Real images: a first record
#
# **Claim FIG-2** is about networks on images. This chapter opens a record of a real run: ResNet-18, eight channels
# wide instead of 64, on a balanced tenth of CIFAR-10, with ERM and with Mixup.
#
# **What it can show, and what not.** One seed is never enough for a verdict, and the run is far shorter than
# over-training. The rule of the chapter on over-training is applied all the same, unchanged. What this chapter
# does show is that the path from image files over the trainer and the record to a judged claim works on real data.

# %% tags=["parameters"]
profile: str = "quick"  # only decides which chapters are built together; the record is the same

# %% tags=["hide-input"]
from mixrepro import parameters

parameters.check(globals(), profile=str)

from mixrepro import paths, plots
from mixrepro.claims import fig_2 as claim
from mixrepro.experiments import real_images
from mixrepro.results import collect
from mixrepro.store import Store

# %% [markdown]
# ## The record
#
# It was made by the commands below and is kept in `results/`. This chapter reads it and trains nothing,
# and takes it whatever version of the library made it (`code` in the last table). The test
# images are *held out from the lossless training files*, 1,000 of each class: of the official test set, only the
# first 1,000 images are at hand without loss.

# %% tags=["hide-input"]
print("\n\n".join(real_images.commands()))

# %%
results = collect(
    real_images.declare(), [Store(), Store(paths.results_root())], any_code=True
)
verdict = claim.judge(results)
plots.over_training(results, "ResNet-18, width 8, CIFAR-10")

# %% [markdown]
# ## Verdict

# %%
plots.VerdictCard(verdict)

# %% [markdown]
# ## Where it ends

# %%
plots.endings_table(results)

# %% [markdown]
# ## Limits
#
# The paper's network is eight times as wide, its data ten times as many, its runs forty times as long, and each is
# repeated ten times. The learning rate is constant here. Its value, batch size and weight decay follow the public mixup-cifar10 recipe,
# since the paper states none of them.

# %%
plots.Provenance(results)
