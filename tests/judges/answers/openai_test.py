"""OpenAI's client for Python, as it comes, reads actions that offer several protocols."""

import asyncio
import json
import os
import unittest

import openai

QUESTION = {"model": "stand-in", "messages": [{"role": "user", "content": "How is Oslo?"}]}
INPUT = {"model": "stand-in", "input": "How is Oslo?"}


def settings(action):
    return {"base_url": f"{os.environ['ANSWERS']}/answers/{action}", "api_key": "none", "max_retries": 0}


def client(action):
    return openai.OpenAI(**settings(action))


class ChatCompletions(unittest.TestCase):
    def check_everything(self, completion):
        [choice] = completion.choices
        self.assertEqual((completion.model, choice.finish_reason), ("stand-in", "stop"))
        self.assertEqual(choice.message.content, "It rains.")
        calls = [call.function for call in choice.message.tool_calls]
        self.assertEqual([call.name for call in calls], ["weather", "map"])
        self.assertEqual([json.loads(call.arguments) for call in calls], [{"city": "Oslo"}, {"zoom": 3}])
        self.assertEqual(completion.usage.total_tokens, 46)

    def test_a_stream(self):
        options = {"include_usage": True}
        with client("everything").chat.completions.stream(**QUESTION, stream_options=options) as stream:
            text = "".join(event.delta for event in stream if event.type == "content.delta")
            self.assertEqual(text, "It rains.")
            self.check_everything(stream.get_final_completion())

    def test_chunks(self):
        chunks = list(client("everything").chat.completions.create(**QUESTION, stream=True))
        deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
        self.assertEqual(deltas[0].role, "assistant")
        self.assertEqual("".join(delta.content or "" for delta in deltas), "It rains.")
        self.assertTrue(all(chunk.object == "chat.completion.chunk" for chunk in chunks))

    def test_one_document(self):
        completion = client("everything").chat.completions.create(**QUESTION)
        self.check_everything(completion)
        [note] = completion.choices[0].message.annotations
        self.assertEqual(note.url_citation.url, "https://example.com/oslo")

    def test_the_asynchronous_client(self):
        async def read():
            async with openai.AsyncOpenAI(**settings("echo")) as it:
                stream = await it.chat.completions.create(**QUESTION, stream=True)
                return [chunk.choices[0].delta.content async for chunk in stream]

        self.assertEqual(asyncio.run(read()), ["", "How ", "is ", "Oslo?", None])

    def test_a_tool_call_for_the_client(self):
        calls = client("calls").chat.completions
        with calls.stream(**QUESTION) as stream:
            streamed = stream.get_final_completion()
        for completion in [calls.create(**QUESTION), streamed]:
            [choice] = completion.choices
            [call] = choice.message.tool_calls
            self.assertEqual((choice.finish_reason, call.id, call.function.name), ("tool_calls", "call-1", "weather"))
            self.assertEqual(json.loads(call.function.arguments), {"city": "Oslo"})

    def test_a_refusal_has_its_type(self):
        for stream in [False, True]:
            with self.assertRaises(openai.RateLimitError) as caught:
                client("refuses").chat.completions.create(**QUESTION, stream=stream)
            error = caught.exception
            self.assertEqual((error.status_code, error.type), (429, "rate_limit_error"))
            self.assertEqual(error.body["message"], "come back tomorrow")

    def test_a_failure_within_a_stream(self):
        seen = []
        with self.assertRaises(openai.APIError) as caught:
            for chunk in client("fails").chat.completions.create(**QUESTION, stream=True):
                seen.append(chunk.choices[0].delta.content)
        error = caught.exception
        self.assertEqual((error.type, error.code, error.message), ("server_error", "503", "the model is overloaded"))
        self.assertEqual(seen, ["", "It "])

    def test_a_document_that_fails(self):
        with self.assertRaises(openai.InternalServerError) as caught:
            client("fails").chat.completions.create(**QUESTION)
        self.assertEqual((caught.exception.status_code, caught.exception.type), (503, "server_error"))

    def test_a_wrong_request_names_the_field(self):
        with self.assertRaises(openai.UnprocessableEntityError) as caught:
            client("echo").chat.completions.create(model="stand-in", messages=[{"role": "robot"}])
        self.assertIn("messages[0].role", str(caught.exception))

    def test_a_client_that_stops(self):
        for chunk in (stream := client("endless").chat.completions.create(**QUESTION, stream=True)):
            if chunk.choices[0].delta.content:
                break
        stream.close()


class Responses(unittest.TestCase):
    def check_everything(self, response):
        self.assertEqual((response.status, response.model), ("completed", "stand-in"))
        self.assertEqual(response.output_text, "It rains.")
        calls = [item for item in response.output if item.type == "function_call"]
        self.assertEqual([json.loads(call.arguments) for call in calls], [{"city": "Oslo"}, {"zoom": 3}])
        self.assertEqual(response.metadata, {"model": "stand-in"})
        self.assertEqual(response.usage.total_tokens, 46)

    def test_a_stream(self):
        with client("everything").responses.stream(**INPUT) as stream:
            events = list(stream)
            self.check_everything(stream.get_final_response())
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual(text, "It rains.")

    def test_events(self):
        events = list(client("everything").responses.create(**INPUT, stream=True))
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        self.check_everything(events[-1].response)

    def test_one_document(self):
        self.check_everything(client("everything").responses.create(**INPUT))

    def test_a_refusal_has_its_type(self):
        for stream in [False, True]:
            with self.assertRaises(openai.RateLimitError) as caught:
                client("refuses").responses.create(**INPUT, stream=stream)
            self.assertEqual(caught.exception.type, "rate_limit_error")

    def test_a_failure_within_a_stream(self):
        *_, last = client("fails").responses.create(**INPUT, stream=True)
        self.assertEqual((last.type, last.response.status), ("response.failed", "failed"))
        self.assertEqual(last.response.error.message, "the model is overloaded")

    def test_a_document_that_fails(self):
        with self.assertRaises(openai.InternalServerError):
            client("fails").responses.create(**INPUT)

    def test_a_wrong_request_names_the_field(self):
        with self.assertRaises(openai.UnprocessableEntityError) as caught:
            client("echo").responses.create(model="stand-in", input=7)
        self.assertIn("`input`", str(caught.exception))
