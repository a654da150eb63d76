"""The report of a run: report.json, report.sarif, report.html, and the files that the checks made."""
