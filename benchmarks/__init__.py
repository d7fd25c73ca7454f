import lgm_nb # noqa: F401 – before torch: it sets how long idle threads spin, as for every user of the library
