"""One thread a process for every numerical library, before any of them is imported."""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1"))
os.environ["TOKENIZERS_PARALLELISM"] = "false"
