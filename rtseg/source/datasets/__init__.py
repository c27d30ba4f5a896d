"""One file per published layout: where its pictures lie and what the values in its masks mean."""
