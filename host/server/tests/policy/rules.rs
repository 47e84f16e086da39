//! The policy `rules` through the sandbox.
