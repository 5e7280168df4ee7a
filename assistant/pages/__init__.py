"""The pages, in Gradio: one room each, one look for all."""
