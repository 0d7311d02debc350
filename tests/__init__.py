"""The proof: vocabulary, concepts, contracts, the sandbox, and journeys through all of it."""
