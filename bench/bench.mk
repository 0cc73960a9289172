# bench: to come
