"""The pages of the orders. They read by ``visible_to`` and write by ``ordering``."""
