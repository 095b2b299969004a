"""A validator of AG-UI finds neither errors nor warnings in what actions send."""

import asyncio
import os
import unittest

from ag_ui_validate import ValidatorOptions
from ag_ui_validate.transport import TransportError, TransportOptions, validate_endpoint

# The server has an answer for each number, the same one each time.
ANSWERS = 300


class AgUi(unittest.TestCase):
    def check(self, action, **severities):
        """Validates the answer of an action, and returns the number of its events."""
        url = f"{os.environ['ANSWERS']}/answers/{action}/run"
        options = TransportOptions(validator=ValidatorOptions(severity_overrides=severities))
        report = asyncio.run(validate_endpoint(url, options)).report
        found = [str(said) for said in report.diagnostics if said.severity != "info"]
        self.assertEqual(found, [], action)
        return report.event_count

    def test_each_end(self):
        for action in ["everything", "echo", "calls", "fails"]:
            self.assertGreaterEqual(self.check(action), 5, action)

    def test_packets_in_any_order(self):
        events = 0
        for number in range(ANSWERS):
            try:
                # Some of these packets say that the input of a tool is something else than JSON.
                events += self.check(f"any/{number}", AGUI204="off")
            except TransportError as refused:
                self.assertIn(refused.status, [409, 500], "an action that fails before its first packet")
        self.assertGreater(events, 4 * ANSWERS)
