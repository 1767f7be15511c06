"""How a certificate is shown: on a terminal, as one page of HTML, as JUnit XML. All of them draw from `view`."""
