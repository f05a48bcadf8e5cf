"""Models as a notebook has them: cells of classes that run again and again, where models come from, fresh modules."""
