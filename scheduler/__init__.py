"""What can be promised: pure planning, no language and no pages."""
