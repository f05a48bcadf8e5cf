"""What the documentation is built with: reference pages made of the code, notebooks as pages."""
