# The test, demo and bench targets.
test: all
	prove --exec '' tests/cli/*.t
demo: all
bench: all
oracle: all
