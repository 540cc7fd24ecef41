"""Quality control: of the scenes that go in, of the pixels on their way, of the files that come out."""
