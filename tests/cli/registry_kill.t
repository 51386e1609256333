# Machines that are killed while they change their registry and services: a few of what `make kill-test` does 1,000 times.
exec tools/kill_test 12 3
