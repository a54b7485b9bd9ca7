"""With what those plugins are run that are run: arguments that a model gives, payloads, and what is saved as valves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cochat_devkit.resource import EMPTY
from tests.parity.index import RUNNING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: by tool, whose one method is called: the arguments as a model gives them
CALLS: dict[str, dict[str, Any]] = {
    "call_gives_text": {},
    "call_gives_text_later": {},
    "call_gives_nothing": {},
    "call_gives_a_whole_number": {},
    "call_gives_a_fraction": {},
    "call_gives_a_flag": {},
    "call_gives_empty_text": {},
    "call_gives_a_dict": {},
    "call_gives_a_list": {},
    "call_gives_an_empty_list": {},
    "call_gives_a_list_of_data": {},
    "call_gives_a_list_of_images": {},
    "call_gives_an_image": {},
    "call_gives_an_image_in_a_dict": {},
    "call_gives_a_tuple": {},
    "call_gives_an_empty_tuple": {},
    "call_gives_a_triple": {},
    "call_gives_a_set": {},
    "call_gives_bytes": {},
    "call_gives_an_object": {},
    "call_gives_a_model": {},
    "call_gives_a_page": {},
    "call_gives_a_page_to_download": {},
    "call_gives_a_page_not_found": {},
    "call_gives_a_page_that_failed": {},
    "call_gives_a_page_that_moved": {},
    "call_gives_a_page_with_words": {},
    "call_gives_a_page_with_facts": {},
    "call_gives_a_page_with_a_number": {},
    "call_gives_the_text_of_a_response": {},
    "call_raises": {},
    "call_raises_without_words": {},
    "call_raises_later": {},
    "call_takes_int_from_text": {"a": "5"},
    "call_takes_int_from_bad_text": {"a": "five"},
    "call_takes_optional_int_from_text": {"a": "5"},
    "call_takes_newer_optional_int": {"a": "5"},
    "call_takes_float_from_text": {"a": "5"},
    "call_takes_text_from_int": {"a": 5},
    "call_takes_text_from_fraction": {"a": 1.5},
    "call_takes_text_from_flag": {"a": True},
    "call_takes_optional_text_from_int": {"a": 5},
    "call_takes_flag_from_text": {"a": "true"},
    "call_takes_int_from_fraction": {"a": 5.0},
    "call_takes_list_from_text": {"a": "x"},
    "call_takes_text_for_a_union": {"a": "5"},
    "call_takes_the_untyped": {"a": "5"},
    "call_takes_text_for_a_quoted_int": {"a": "5"},
    "call_takes_null": {"a": None},
    "call_takes_a_dict_for_a_model": {"leaf": {"a": 2}},
    "call_takes_what_is_no_choice": {"a": "z"},
    "call_takes_more_than_it_has": {"a": 2, "b": 3},
    "call_takes_less_than_it_wants": {},
    "call_takes_nothing_reserved_from_the_model": {"__id__": "x"},
    "call_takes_id_and_messages": {},
    "call_takes_the_rest": {"rest": 1},
    "call_takes_positions": {"args": [1]},
    "call_takes_keywords_alone": {"a": "5"},
    "call_takes_text_for_a_static_int": {"a": "5"},
    "call_takes_text_for_an_int_of_the_class": {"a": "5"},
    "call_takes_a_misspelt_reserved_argument": {},
}
#: pipes that are asked, streamed and whole
PIPES = tuple(each for fact in RUNNING for each in fact.plugins if each.startswith("pipe_"))
#: what is saved for each pipe: by the admin, and by who asks
PIPE_VALVES: dict[str, Any] = {"word": "saved", "n": None}
PIPE_USER_VALVES: dict[str, Any] = {"city": "Rome"}


class Link(NamedTuple):
    """One filter of a chain: under which id it is there, which plugin it is, and what is saved for it."""

    id: str
    plugin: str
    valves: Mapping[str, Any] = EMPTY
    user_valves: Mapping[str, Any] = EMPTY


class Chain(NamedTuple):
    """Filters that run one after the other: which, by which hook, and with what."""

    links: tuple[Link, ...]
    hook: str
    payload: Any


CHAINS = {
    "none": Chain((), "inlet", {"trace": []}),
    "by_class_priority": Chain(
        (Link("a", "filter_marks_a_at_5"), Link("b", "filter_marks_b_at_1"), Link("c", "filter_marks_c_at_3")),
        "inlet",
        {"trace": []},
    ),
    "by_saved_priority": Chain(
        (Link("a", "filter_marks_a_at_0", {"priority": 9}), Link("b", "filter_marks_b_at_0", {"priority": 2})),
        "inlet",
        {"trace": []},
    ),
    "saved_valves": Chain((Link("a", "filter_marks_a_at_0", {"word": "saved"}),), "inlet", {"trace": []}),
    "valves_that_do_not_fit": Chain((Link("a", "filter_marks_a_at_0", {"priority": "high"}),), "inlet", {"trace": []}),
    "ties_by_id": Chain(
        (Link("b", "filter_marks_b_at_1", {"priority": 1}), Link("c", "filter_marks_c_at_1", {"priority": 2})),
        "inlet",
        {"trace": []},
    ),
    "async": Chain((Link("a", "filter_returns_later"),), "inlet", {}),
    "returns_none": Chain((Link("a", "filter_returns_none"),), "inlet", {}),
    "none_reaches_the_next": Chain((Link("a", "filter_gives_none"), Link("b", "filter_shows_its_body")), "inlet", {}),
    "raises": Chain((Link("a", "filter_raises"),), "inlet", {}),
    "raises_in_the_outlet": Chain((Link("a", "filter_raises_in_the_outlet"),), "outlet", {}),
    "without_the_hook": Chain((Link("a", "filter_has_only_an_outlet"),), "inlet", {"x": 1}),
    "hook_that_is_no_method": Chain((Link("a", "filter_hook_is_a_number"),), "inlet", {"x": 1}),
    "hook_that_is_none": Chain((Link("a", "filter_hook_is_none"),), "inlet", {"x": 1}),
    "wrong_name_of_the_payload": Chain((Link("a", "filter_takes_the_payload_under_another_name"),), "inlet", {}),
    "stream": Chain((Link("a", "filter_streams"),), "stream", {"y": 2}),
    "stream_with_a_body": Chain((Link("a", "filter_streams_with_a_body"),), "stream", {"y": 2}),
    "stream_with_reserved": Chain((Link("a", "filter_streams_with_the_reserved_body"),), "stream", {"y": 2}),
    "reserved": Chain((Link("a", "filter_takes_what_is_reserved"),), "inlet", {}),
    "rest_gets_nothing": Chain((Link("a", "filter_takes_the_rest"),), "inlet", {}),
    "misspelt_reserved": Chain((Link("a", "filter_takes_a_misspelt_reserved_argument"),), "inlet", {}),
    "user_valves": Chain(
        (Link("a", "filter_shows_its_user_valves", user_valves={"city": "Rome"}),), "inlet", {"trace": []}
    ),
    "user_valves_of_the_one_before": Chain(
        (Link("a", "filter_shows_its_user_valves", user_valves={"city": "Rome"}), Link("b", "filter_shows_the_user")),
        "inlet",
        {"trace": []},
    ),
    "user_valves_that_do_not_fit": Chain(
        (Link("a", "filter_shows_its_user_valves", user_valves={"city": 3}),), "inlet", {"trace": []}
    ),
    "file_handler": Chain(
        (Link("a", "filter_handles_files"),), "inlet", {"files": [1], "metadata": {"files": [2], "x": 1}}
    ),
    "file_handler_then_not": Chain(
        (Link("a", "filter_handles_files"), Link("b", "filter_handles_no_files")),
        "inlet",
        {"files": [1], "metadata": {"files": [2], "x": 1}},
    ),
    "file_handler_in_the_outlet": Chain((Link("a", "filter_file_handler_in_the_outlet"),), "outlet", {"files": [1]}),
    "state_is_shared": Chain((Link("a", "filter_counts_on_itself"),), "inlet", {}),
    "yields": Chain((Link("a", "filter_yields"),), "inlet", {}),
    "returns_a_coroutine": Chain((Link("a", "filter_tells_the_type_of_its_body"),), "outlet", {"no": "outlet"}),
    "priority_that_is_none": Chain(
        (Link("a", "filter_priority_none"), Link("b", "filter_marks_b_at_1")), "inlet", {"trace": []}
    ),
    "priority_that_is_a_word": Chain(
        (Link("a", "filter_priority_a_word"), Link("b", "filter_marks_b_at_1")), "inlet", {"trace": []}
    ),
    "switch_that_is_off": Chain((Link("a", "filter_toggle_that_marks"),), "inlet", {"trace": []}),
}
