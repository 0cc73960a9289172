# guest/root: to come
