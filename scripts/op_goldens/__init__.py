"""The cases of scripts/make_op_goldens.py: one module for each family of operations, one harness that writes them."""
