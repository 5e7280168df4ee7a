"""The scheduler's board: days and weeks as a timeline, with reasons, trials and repairs."""

from assistant.pages.board.board import build_board, mount_board

__all__ = ["build_board", "mount_board"]
