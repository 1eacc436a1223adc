"""Learning: from labelled messages to the weights of a mood model, with numpy alone."""
