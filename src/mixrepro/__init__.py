"""mixrepro: a literate reproduction of *Over-Training with Mixup May Hurt Generalization* (ICLR 2023)."""
