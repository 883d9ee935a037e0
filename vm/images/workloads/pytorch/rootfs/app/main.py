"""One tensor operation: almost all of the cost is the import."""

import torch

product = torch.ones(8, 8) @ torch.ones(8, 8)
assert product.sum().item() == 512
print(f"ready: torch {torch.__version__}", flush=True)
