"""Anthropic's client for Python, as it comes, reads actions that offer several protocols."""

import asyncio
import os
import unittest

import anthropic

QUESTION = {
    "model": "stand-in",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "How is Oslo?"}],
}


def settings(action):
    return {"base_url": f"{os.environ['ANSWERS']}/answers/{action}", "api_key": "none", "max_retries": 0}


def messages(action):
    return anthropic.Anthropic(**settings(action)).messages


class Messages(unittest.TestCase):
    def check_everything(self, message):
        self.assertEqual((message.role, message.model, message.stop_reason), ("assistant", "stand-in", "end_turn"))
        thinking, weather, chart, text = message.content
        self.assertEqual(thinking.thinking, "Where is Oslo?")
        self.assertEqual((weather.name, weather.input), ("weather", {"city": "Oslo"}))
        self.assertEqual((chart.name, chart.input), ("map", {"zoom": 3}))
        self.assertEqual((text.text, text.citations[0].url), ("It rains.", "https://example.com/oslo"))
        self.assertEqual((message.usage.input_tokens, message.usage.output_tokens), (12, 34))

    def test_a_stream(self):
        with messages("everything").stream(**QUESTION) as stream:
            self.assertEqual("".join(stream.text_stream), "It rains.")
            self.check_everything(stream.get_final_message())

    def test_events(self):
        events = list(messages("everything").create(**QUESTION, stream=True))
        self.assertEqual((events[0].type, events[-1].type), ("message_start", "message_stop"))

    def test_one_document(self):
        self.check_everything(messages("everything").create(**QUESTION))

    def test_the_asynchronous_client(self):
        async def read():
            async with anthropic.AsyncAnthropic(**settings("echo")) as it:
                async with it.messages.stream(**QUESTION) as stream:
                    return [text async for text in stream.text_stream]

        self.assertEqual(asyncio.run(read()), ["How ", "is ", "Oslo?"])

    def test_a_tool_call_for_the_client(self):
        with messages("calls").stream(**QUESTION) as stream:
            streamed = stream.get_final_message()
        for message in [messages("calls").create(**QUESTION), streamed]:
            [call] = message.content
            self.assertEqual((message.stop_reason, call.id, call.name), ("tool_use", "call-1", "weather"))
            self.assertEqual(call.input, {"city": "Oslo"})

    def test_a_refusal_has_its_type(self):
        for stream in [False, True]:
            with self.assertRaises(anthropic.RateLimitError) as caught:
                messages("refuses").create(**QUESTION, stream=stream)
            error = caught.exception.body["error"]
            self.assertEqual(error, {"type": "rate_limit_error", "message": "come back tomorrow"})

    def test_a_failure_within_a_stream(self):
        seen = []
        with self.assertRaises(anthropic.APIStatusError) as caught:
            with messages("fails").stream(**QUESTION) as stream:
                seen.extend(stream.text_stream)
        error = caught.exception.body["error"]
        self.assertEqual(error, {"type": "overloaded_error", "message": "the model is overloaded"})

    def test_a_document_that_fails(self):
        with self.assertRaises(anthropic.InternalServerError) as caught:
            messages("fails").create(**QUESTION)
        self.assertEqual(caught.exception.status_code, 503)

    def test_a_wrong_request_names_the_field(self):
        with self.assertRaises(anthropic.UnprocessableEntityError) as caught:
            messages("echo").create(**{**QUESTION, "messages": [{"role": "robot", "content": "?"}]})
        self.assertIn("messages[0].role", caught.exception.body["error"]["message"])

    def test_a_client_that_stops(self):
        with messages("endless").stream(**QUESTION) as stream:
            next(iter(stream.text_stream))
