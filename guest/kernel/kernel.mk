# guest/kernel: to come
