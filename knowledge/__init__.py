"""What the hospital is: departments, people, rooms, red flags, passages."""
