# guest/cmd: to come
