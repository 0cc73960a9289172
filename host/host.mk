# host: to come
