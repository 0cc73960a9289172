# guest/lib: to come
