"""Which fact about the server each plugin of plugins/ shows, and where we are known to differ.

A fact's number is that of a section in our notes on Open WebUI: 9.1 frontmatter, 9.2 loading, 9.3 tools, 9.4 filters,
9.5 pipes, 9.6 actions and events, 9.8 valves, 12 what a running server showed beside. What shows only in a whole chat
(9.7 the events, the arguments of sessions) is asked in chats/.
"""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """One thing that the server does with plugins, and the plugins that show it."""

    ref: str
    says: str
    plugins: tuple[str, ...]


#: what a plugin's load shows
LOADING = (
    Fact(
        "9.1 first line",
        "Frontmatter is read only where the first line, stripped, is three double quotes and nothing else.",
        (
            "frontmatter_on_line_one",
            "frontmatter_after_a_blank_line",
            "frontmatter_after_a_comment",
            "frontmatter_after_a_shebang",
            "frontmatter_in_single_quotes",
            "frontmatter_in_a_raw_string",
            "frontmatter_on_the_opening_line",
            "frontmatter_on_one_line",
            "frontmatter_blanks_after_the_quotes",
            "frontmatter_second_docstring",
        ),
    ),
    Fact(
        "9.1 end",
        "It ends at the first line that holds three double quotes, and that line is not read.",
        ("frontmatter_last_line_lost", "frontmatter_ends_at_escaped_quotes", "frontmatter_never_ended", "class_filter"),
    ),
    Fact(
        "9.1 keys",
        "A key has letters and underscores alone; its case is kept; the last of two equal keys wins.",
        ("frontmatter_keys", "frontmatter_letters_that_fold"),
    ),
    Fact(
        "9.1 values",
        "A value is the rest of one line, stripped, and always text: no lists, no quoting, no continuation.",
        ("frontmatter_values", "frontmatter_continued", "frontmatter_beyond_ascii"),
    ),
    Fact(
        "9.1 line ends",
        "Lines end wherever Python's splitlines ends them.",
        (
            "frontmatter_crlf",
            "frontmatter_old_mac_line_ends",
            "frontmatter_other_line_breaks",
            "frontmatter_without_a_last_line_end",
        ),
    ),
    Fact(
        "9.1 requirements",
        "The requirements are torn at commas, inside brackets and version ranges too.",
        ("frontmatter_requirements_torn",),
    ),
    Fact(
        "9.1 icon",
        "An icon in the frontmatter comes before one on the instance.",
        ("frontmatter_icon_of_an_action", "frontmatter_icon_of_a_filter"),
    ),
    Fact(
        "9.2 rewrite",
        "Four forms of import are rewritten everywhere in the text: in code, prose, values and comments.",
        (
            "rewrite_in_code",
            "rewrite_in_prose",
            "rewrite_in_a_value",
            "rewrite_in_a_comment",
            "rewrite_in_the_frontmatter",
            "rewrite_of_apps",
        ),
    ),
    Fact(
        "9.2 rewrite of longer names",
        "The rewriting does not look where a name ends.",
        ("rewrite_breaks_a_longer_name", "rewrite_breaks_a_module_of_ours"),
    ),
    Fact(
        "9.2 rewrite of nothing else",
        "What is not written just so stays as it is, and so do line ends and blanks.",
        (
            "rewrite_leaves_a_plain_import",
            "rewrite_leaves_two_blanks",
            "rewrite_leaves_what_is_rewritten",
            "module_blanks_are_kept",
        ),
    ),
    Fact(
        "9.2 module",
        "A plugin is a module of its own: in sys.modules while it runs, with a file, without a package.",
        (
            "module_name_and_file",
            "module_has_no_package",
            "module_sees_no_main",
            "module_reads_its_own_source",
            "module_coding_declared",
            "error_relative_import",
        ),
    ),
    Fact(
        "9.2 running loop",
        "A plugin is executed inside a running event loop.",
        ("module_runs_inside_a_loop", "error_runs_a_loop"),
    ),
    Fact(
        "9.2 output",
        "What a plugin prints while it loads is nobody's business.",
        ("module_prints", "error_warning_at_import"),
    ),
    Fact(
        "9.2 class of a tool",
        "A tool is whatever the module calls Tools, called without arguments.",
        (
            "class_missing",
            "class_of_a_function_in_a_tool_file",
            "class_that_is_an_instance",
            "class_by_another_name",
            "class_behind_a_condition",
            "class_deleted",
            "class_abstract",
            "class_made_by_a_metaclass",
            "class_with_slots",
            "class_pydantic",
            "class_dataclass",
            "module_empty",
        ),
    ),
    Fact(
        "9.2 class of a function",
        "Of a function's classes the first wins: Pipe, Filter, Action, and on 0.12 Event.",
        (
            "class_pipe_before_filter",
            "class_filter_before_action",
            "class_action_before_event",
            "class_action",
            "class_event",
            "class_in_small_letters",
            "class_in_a_tool_file",
            "class_that_is_none",
            "class_that_is_a_function",
            "class_answers_to_every_name",
        ),
    ),
    Fact(
        "9.2 class that is imported",
        "An import of such a name counts, and so does whatever answers to it.",
        (
            "class_imported_pipe",
            "class_imported_filter",
            "class_imported_event",
            "class_imported_under_another_name",
            "module_answers_for_missing_names",
        ),
    ),
    Fact(
        "9.2 deferred annotations",
        "0.12 defers all annotations of a plugin, whether it asks for that or not; 0.6 evaluates them.",
        (
            "annotations_never_evaluated",
            "annotations_of_a_variable",
            "annotations_of_a_class_below",
            "annotations_deferred",
            "annotations_deferred_in_a_model",
        ),
    ),
    Fact(
        "9.2 syntax errors",
        "A text that does not compile says in which line.",
        (
            "error_syntax",
            "error_await_outside",
            "error_indentation",
            "error_tabs_and_blanks",
            "error_unterminated_string",
            "error_print_statement",
            "error_return_outside",
            "error_same_argument_twice",
            "error_future_too_late",
            "error_byte_order_mark",
            "error_null_byte",
            "frontmatter_after_a_byte_order_mark",
        ),
    ),
    Fact(
        "9.2 errors at import",
        "What a module raises is the answer, with the innermost line of the plugin.",
        (
            "error_in_the_class_body",
            "error_in_a_library",
            "error_assertion",
            "error_exit_at_import",
            "error_module_missing_and_reworded",
        ),
    ),
    Fact(
        "9.2 errors of the constructor",
        "What the class raises is the answer, too.",
        (
            "error_in_init",
            "error_init_wants_more",
            "error_deep_in_a_helper",
            "error_from_another",
            "error_without_words",
            "error_of_its_own",
            "error_exit_in_init",
            "error_of_valves_in_init",
            "error_recursion",
        ),
    ),
    Fact(
        "9.2 missing modules",
        "A module or a name that is not there is named.",
        (
            "error_module_missing",
            "error_module_missing_in_init",
            "error_module_missing_and_caught",
            "error_name_missing_in_a_module",
            "error_submodule_missing",
        ),
    ),
    Fact(
        "9.2 names of the server",
        "The server's own modules can be imported, as this version has them: names move, and functions turn async.",
        (
            "server_names",
            "server_name_of_the_newer_version",
            "server_name_of_the_older_version",
            "server_name_that_moved",
            "server_name_that_never_was",
            "server_module_that_never_was",
            "server_names_tried_in_turn",
            "server_functions_are_of_their_colour",
        ),
    ),
    Fact(
        "9.3 methods",
        "Every callable of the instance is a tool unless it is a class: inherited, static, set from outside.",
        (
            "method_without_parameters",
            "method_inherited",
            "method_static",
            "method_of_the_class",
            "method_set_from_outside",
            "method_a_class_inside_is_none",
            "method_named_like_one_of_python",
            "method_no_callable_attribute",
            "method_cached",
            "method_async",
            "method_async_generator",
            "output_of_every_sort",
        ),
    ),
    Fact("9.3 order", "Methods come in the order of dir().", ("method_order_is_that_of_dir", "class_with_its_own_dir")),
    Fact(
        "9.3 underscores",
        "0.12 hides what begins with an underscore, 0.6 only what begins with two.",
        ("method_underscore", "method_two_underscores"),
    ),
    Fact(
        "9.3 attributes and properties",
        "Callable attributes and what properties give are tools, under their own function's name.",
        (
            "method_builtin",
            "method_lambda",
            "method_partial",
            "method_property_callable",
            "method_property_value",
            "method_property_raises",
            "method_an_object_that_can_be_called",
            "method_by_another_name",
            "method_of_another_object",
        ),
    ),
    Fact(
        "9.3 decorators",
        "A decorator without wraps takes name, docstring and parameters away.",
        (
            "method_decorated_with_wraps",
            "method_decorated_without_wraps",
            "method_decorated_by_a_class",
            "method_async_wrapped_by_sync",
        ),
    ),
    Fact(
        "9.3 reserved parameters",
        "A parameter that begins with an underscore is not shown to the model.",
        ("parameter_reserved", "parameter_underscore", "parameter_reserved_misspelt", "hint_of_the_server"),
    ),
    Fact(
        "9.3 stars",
        "Starred parameters are wanted under their names.",
        (
            "parameter_stars",
            "parameter_stars_typed",
            "parameter_positional_only",
            "parameter_keyword_only",
            "parameter_named_self_otherwise",
            "hint_unpacked_keywords",
        ),
    ),
    Fact(
        "9.3 parameter names",
        "A parameter may be called what a schema or a model calls its own things.",
        (
            "parameter_named_title",
            "parameter_named_like_a_schema",
            "parameter_named_like_a_model_method",
            "parameter_named_model_config",
            "parameter_named_model_something",
            "parameter_of_letters_beyond_ascii",
        ),
    ),
    Fact(
        "9.3 plain hints",
        "Hints of plain types, and none, as JSON schema; on 0.12 no type is text.",
        (
            "hint_str",
            "hint_plain_and_not_in_one_method",
            "hint_class_variable",
            "hint_bool",
            "hint_float_with_a_default",
            "hint_float_with_a_whole_default",
            "hint_missing",
            "hint_any",
            "hint_none",
            "hint_new_type",
            "hint_type_variable",
            "hint_complex_number",
            "hint_bytes_and_secret",
            "hint_datetime_and_uuid",
            "hint_of_the_standard_library",
            "hint_of_pydantic",
        ),
    ),
    Fact(
        "9.3 optional hints",
        '0.12 flattens an optional of one type; 0.6 says "any of" and null.',
        (
            "hint_optional_and_required",
            "hint_optional_default_none",
            "hint_optional_with_a_default",
            "hint_optional_by_bar",
            "hint_union",
            "hint_union_with_none",
            "hint_union_of_list_and_dict",
            "hint_optional_inside_a_list_inside_an_optional",
            "hint_alias",
        ),
    ),
    Fact(
        "9.3 container hints",
        "Lists, dictionaries, tuples and sets with what is in them.",
        (
            "hint_list_bare",
            "hint_list_of_typing",
            "hint_list_of_str",
            "hint_list_of_any",
            "hint_list_of_optional",
            "hint_list_of_lists",
            "hint_list_of_union",
            "hint_dict_bare",
            "hint_dict_typed",
            "hint_dict_of_models",
            "hint_tuple",
            "hint_tuple_open",
            "hint_set",
            "hint_sequence_and_mapping",
            "hint_iterable",
            "hint_named_tuple",
        ),
    ),
    Fact(
        "9.3 literals and enumerations",
        "Both are an enum in the schema.",
        (
            "hint_literal",
            "hint_literal_of_one",
            "hint_literal_mixed",
            "hint_literal_optional",
            "hint_enum",
            "hint_enum_optional",
            "hint_int_enum_and_flag",
        ),
    ),
    Fact(
        "9.3 models",
        "A model stands in the schema in full: references inlined, titles gone but from properties.",
        (
            "hint_model",
            "hint_model_undescribed",
            "hint_model_optional",
            "hint_model_nested",
            "hint_model_recursive",
            "hint_model_titled",
            "hint_model_union",
            "hint_model_with_aliases",
            "hint_models_of_the_same_name",
            "hint_root_model",
            "hint_generic_model",
            "hint_discriminated_union",
            "hint_typed_dict",
            "hint_typed_dict_not_total",
            "hint_dataclass",
        ),
    ),
    Fact(
        "9.3 annotated hints",
        "What pydantic reads of Annotated and Field is in the schema.",
        (
            "hint_annotated_field",
            "hint_annotated_note",
            "hint_constrained",
            "hint_constraints",
            "default_field",
            "default_field_and_param",
            "default_field_with_an_alias",
        ),
    ),
    Fact(
        "9.3 unresolvable hints",
        "A hint that leads nowhere refuses the whole tool, of a reserved parameter too.",
        (
            "hint_unresolvable",
            "hint_unresolvable_reserved",
            "hint_quoted",
            "hint_of_a_class_inside",
            "hint_of_a_class_below",
            "hint_of_a_class_in_a_function",
            "hint_for_type_checkers_alone",
            "hint_of_a_return_value",
        ),
    ),
    Fact(
        "9.3 hints without a schema",
        "A hint of which there is no JSON schema refuses the whole tool, but for parameters that are not shown.",
        (
            "hint_arbitrary_class",
            "hint_arbitrary_class_reserved",
            "hint_callable",
            "hint_object_and_type",
            "hint_protocol",
            "hint_pydantic_1",
            "hint_request_as_a_parameter",
        ),
    ),
    Fact(
        "9.3 defaults",
        "A default is in the schema as JSON; on 0.12 none of null is.",
        (
            "default_none_without_optional",
            "default_null_deep_inside",
            "default_model",
            "default_list_of_models",
            "default_enum_and_date",
            "default_dict_with_titles",
            "default_bytes_and_set",
            "default_infinite",
            "default_not_a_number",
            "default_of_another_type",
            "default_object",
            "default_callable",
            "default_ellipsis",
        ),
    ),
    Fact(
        "9.3 descriptions",
        "Stored is the docstring, its lines stripped, up to a param or return; given is the docstring itself.",
        (
            "docstring_plain",
            "docstring_missing",
            "docstring_empty",
            "docstring_multiline",
            "docstring_returns",
            "docstring_restructured",
            "docstring_with_colons",
            "docstring_of_a_param_alone",
            "docstring_of_the_class_alone",
            "docstring_of_a_formatted_string",
            "docstring_set_later",
            "docstring_crlf",
            "docstring_tabs",
            "docstring_form_feed",
        ),
    ),
    Fact(
        "9.3 other styles",
        "Google's and numpy's way of describing parameters is not read.",
        ("docstring_google", "docstring_numpy"),
    ),
    Fact(
        "9.3 parameter docs",
        'Only ":param name: text" describes a parameter; 0.12 reads on in the lines below.',
        (
            "param_continued",
            "param_repeated",
            "param_reserved",
            "param_spaced",
            "param_inline",
            "param_of_nobody",
            "param_with_a_type",
        ),
    ),
    Fact(
        "9.4 hooks",
        "A filter has any of inlet, stream, outlet, and on 0.12 request, of either colour.",
        ("filter_every_hook", "filter_no_hook", "filter_hooks_of_odd_colours", "filter_hook_that_is_partial"),
    ),
    Fact(
        "9.4 toggle",
        "A filter whose toggle is truthy is shown as a switch, with its icon.",
        (
            "filter_toggle",
            "filter_toggle_of_the_class",
            "filter_toggle_off",
            "filter_toggle_by_a_word",
            "filter_toggle_in_the_valves_alone",
            "filter_toggle_property",
            "filter_icon_url_before_icon",
        ),
    ),
    Fact(
        "9.4 order",
        "0.12 orders by the priority among the valves, a class's default included; 0.6 by the saved one alone.",
        (
            "filter_priority_of_the_class",
            "filter_priority_negative",
            "filter_priority_fraction",
            "filter_priority_outside_the_valves",
            "filter_priority_beside_a_wanted_valve",
            "filter_priority_none",
            "filter_priority_a_word",
            "filter_priority_a_number_as_text",
            "filter_priority_property_of_valves",
        ),
    ),
    Fact("9.4 file handler", "A filter may say that it deals with the files itself.", ("filter_file_handler",)),
    Fact(
        "9.5 one model",
        "A pipe without pipes is one model, of the function's name.",
        ("pipe_alone", "pipe_that_yields", "pipe_without_a_pipe"),
    ),
    Fact(
        "9.5 manifolds",
        "Pipes are a list, or a function of either colour without arguments; the instance's name stands before theirs.",
        (
            "pipe_manifold_list",
            "pipe_manifold_function",
            "pipe_manifold_async",
            "pipe_manifold_generator",
            "pipe_manifold_empty",
            "pipe_manifold_by_its_valves",
            "pipe_manifold_property",
            "pipe_manifold_name_is_none",
            "pipe_manifold_name_is_a_number",
            "pipe_manifold_numbers",
            "pipe_manifold_numbers_without_a_name",
        ),
    ),
    Fact(
        "9.5 manifolds that fail",
        "A pipe that cannot name its models offers none, or those that it had named.",
        (
            "pipe_manifold_fails",
            "pipe_manifold_fails_later",
            "pipe_manifold_wants_an_argument",
            "pipe_manifold_gives_a_coroutine",
            "pipe_manifold_async_generator",
            "pipe_manifold_an_object_that_can_be_called",
            "pipe_manifold_none",
            "pipe_manifold_dict",
            "pipe_manifold_of_objects",
            "pipe_manifold_without_a_name",
            "valves_that_a_pipe_lacks",
        ),
    ),
    Fact(
        "9.6 actions",
        "An action is one button, or those that it lists, each with its own id, name and icon.",
        (
            "action_one_button",
            "action_many_buttons",
            "action_no_buttons",
            "action_buttons_in_a_tuple",
            "action_buttons_without_an_id",
            "action_buttons_from_a_method",
            "action_without_a_method",
        ),
    ),
    Fact("9.6 priority", "On 0.12 the buttons stand in the order of their priority.", ("action_priority",)),
    Fact("9.6 events", "Only 0.12 knows events.", ("event_of_the_newer_version", "event_with_valves")),
    Fact(
        "9.8 valves",
        "Valves are a model on the plugin's class, whether or not there is an instance of them.",
        (
            "valves_absent",
            "valves_never_made",
            "valves_without_a_class",
            "valves_beside_the_class",
            "valves_set_by_name",
            "valves_inherited",
            "valves_none",
            "valves_of_the_user_alone",
            "valves_of_the_user_made",
        ),
    ),
    Fact(
        "9.8 types of valves",
        "Their schema is pydantic's, of every type of field.",
        (
            "valves_of_every_type",
            "valves_constant_and_private",
            "valves_with_validators",
            "valves_configured",
            "valves_from_the_environment",
            "valves_of_a_class_inside",
            "valves_of_a_class_of_the_outer_one",
            "valves_a_field_named_schema",
        ),
    ),
    Fact(
        "9.8 valves that are no model",
        "Of valves that are no model of pydantic's there is no schema.",
        (
            "valves_that_are_no_model",
            "valves_a_dataclass",
            "valves_a_pydantic_dataclass",
            "valves_pydantic_1",
            "valves_untyped_field",
        ),
    ),
    Fact(
        "9.8 inputs",
        "What a field says of its input is passed on: a password, a list to choose from.",
        ("valves_password", "valves_select"),
    ),
    Fact(
        "9.8 options by a method",
        "0.12 puts what a method gives in the place of its name; 0.6 passes the name on.",
        ("valves_select_by_method", "valves_select_by_a_method_that_asks_who", "valves_select_by_a_method_that_fails"),
    ),
    Fact(
        "12 required version",
        "The version that a plugin asks for is not looked at.",
        ("frontmatter_wants_a_newer_server",),
    ),
)
#: what a plugin shows when it runs, as runs.py has it
RUNNING = (
    Fact(
        "9.3 results",
        "What a method gives is turned into text for the model, files for the chat and pages to embed.",
        (
            "call_gives_text",
            "call_gives_text_later",
            "call_gives_nothing",
            "call_gives_a_whole_number",
            "call_gives_a_fraction",
            "call_gives_a_flag",
            "call_gives_empty_text",
            "call_gives_a_dict",
            "call_gives_a_list",
            "call_gives_an_empty_list",
            "call_gives_a_list_of_data",
            "call_gives_a_list_of_images",
            "call_gives_an_image",
            "call_gives_an_image_in_a_dict",
            "call_gives_a_tuple",
            "call_gives_an_empty_tuple",
            "call_gives_a_triple",
            "call_gives_a_set",
            "call_gives_bytes",
            "call_gives_an_object",
            "call_gives_a_model",
            "call_gives_the_text_of_a_response",
        ),
    ),
    Fact(
        "9.3 pages",
        "A page that is to be shown inline is embedded; on 0.12 words beside it are for the model.",
        (
            "call_gives_a_page",
            "call_gives_a_page_to_download",
            "call_gives_a_page_not_found",
            "call_gives_a_page_that_failed",
            "call_gives_a_page_that_moved",
            "call_gives_a_page_with_words",
            "call_gives_a_page_with_facts",
            "call_gives_a_page_with_a_number",
        ),
    ),
    Fact(
        "9.3 errors of a call",
        "What a method raises is told to the model as text.",
        ("call_raises", "call_raises_without_words", "call_raises_later"),
    ),
    Fact(
        "9.3 arguments",
        "0.12 turns text into whole numbers and numbers into text by the hint, 0.6 nothing; a model comes as a dict.",
        (
            "call_takes_a_dict_for_a_model",
            "call_takes_flag_from_text",
            "call_takes_float_from_text",
            "call_takes_int_from_bad_text",
            "call_takes_int_from_fraction",
            "call_takes_int_from_text",
            "call_takes_keywords_alone",
            "call_takes_less_than_it_wants",
            "call_takes_list_from_text",
            "call_takes_more_than_it_has",
            "call_takes_newer_optional_int",
            "call_takes_null",
            "call_takes_optional_int_from_text",
            "call_takes_optional_text_from_int",
            "call_takes_text_for_a_quoted_int",
            "call_takes_text_for_a_static_int",
            "call_takes_text_for_a_union",
            "call_takes_text_for_an_int_of_the_class",
            "call_takes_text_from_flag",
            "call_takes_text_from_fraction",
            "call_takes_text_from_int",
            "call_takes_the_untyped",
            "call_takes_what_is_no_choice",
        ),
    ),
    Fact(
        "9.3 what a call gets",
        "Reserved arguments come by name, never from the model; the rest and a misspelt one get none.",
        (
            "call_takes_id_and_messages",
            "call_takes_nothing_reserved_from_the_model",
            "call_takes_the_rest",
            "call_takes_positions",
            "call_takes_a_misspelt_reserved_argument",
        ),
    ),
    Fact(
        "9.4 payload",
        "A hook's payload comes by name: body, and event for stream.",
        (
            "filter_streams",
            "filter_streams_with_a_body",
            "filter_streams_with_the_reserved_body",
            "filter_takes_the_payload_under_another_name",
            "filter_returns_later",
            "filter_tells_the_type_of_its_body",
        ),
    ),
    Fact(
        "9.4 extras",
        "A hook gets the reserved arguments that it names, and the rest gets nothing.",
        ("filter_takes_what_is_reserved", "filter_takes_the_rest", "filter_takes_a_misspelt_reserved_argument"),
    ),
    Fact(
        "9.4 returned",
        "What a hook returns goes to the next filter, whatever it is.",
        ("filter_returns_none", "filter_gives_none", "filter_shows_its_body", "filter_yields"),
    ),
    Fact(
        "9.4 without the hook",
        "A filter without a hook, or with one that cannot be called, is passed over.",
        ("filter_has_only_an_outlet", "filter_hook_is_a_number", "filter_hook_is_none"),
    ),
    Fact("9.4 errors", "What a hook raises ends the chain.", ("filter_raises", "filter_raises_in_the_outlet")),
    Fact(
        "9.4 saved valves",
        "A filter gets its saved valves before each hook; valves that do not fit end the chain.",
        (
            "filter_marks_a_at_0",
            "filter_marks_b_at_0",
            "filter_marks_a_at_5",
            "filter_marks_b_at_1",
            "filter_marks_c_at_1",
            "filter_marks_c_at_3",
        ),
    ),
    Fact(
        "9.4 valves of the user",
        "Those of the user stand in the user that the filters share; what does not fit is left out.",
        ("filter_shows_its_user_valves", "filter_shows_the_user"),
    ),
    Fact(
        "9.4 files",
        "After an inlet of a filter that handles files they are gone from the payload; the last one counts.",
        ("filter_handles_files", "filter_handles_no_files", "filter_file_handler_in_the_outlet"),
    ),
    Fact(
        "9.4 switched off", "A filter with a toggle runs only where it is switched on.", ("filter_toggle_that_marks",)
    ),
    Fact(
        "9.2 one instance",
        "One instance serves everybody; what it keeps on itself is there for the next.",
        ("filter_counts_on_itself",),
    ),
    Fact(
        "9.5 answers",
        "Text, dicts, models, generators and responses, streamed and whole; of other things nothing is left.",
        (
            "pipe_gives_text",
            "pipe_gives_text_like_an_event",
            "pipe_gives_empty_text",
            "pipe_gives_text_later",
            "pipe_gives_a_dict",
            "pipe_gives_a_model",
            "pipe_yields",
            "pipe_yields_nothing",
            "pipe_yields_later",
            "pipe_gives_an_iterator",
            "pipe_yields_events",
            "pipe_yields_bytes",
            "pipe_yields_empty_text",
            "pipe_gives_a_streaming_response",
            "pipe_is_static",
        ),
    ),
    Fact(
        "12 nothing from a pipe",
        "A pipe that gives a list, a number or nothing answers with an empty message.",
        ("pipe_gives_a_list", "pipe_gives_a_number", "pipe_gives_nothing"),
    ),
    Fact("9.5 errors", "What a pipe raises is an answer with an error in it.", ("pipe_raises", "pipe_raises_later")),
    Fact(
        "9.5 what a pipe gets",
        "The body and what it names of the reserved arguments; some that others get it does not.",
        (
            "pipe_takes_the_body",
            "pipe_takes_the_body_under_another_name",
            "pipe_takes_what_is_reserved",
            "pipe_takes_what_pipes_do_not_get",
            "pipe_takes_the_rest",
        ),
    ),
    Fact(
        "12 misspelt",
        "A misspelt reserved argument is one that is missing.",
        ("pipe_takes_a_misspelt_reserved_argument",),
    ),
    Fact(
        "9.5 valves of a pipe",
        "A pipe gets its saved valves but for nulls, and the user's beside the user.",
        ("pipe_takes_saved_valves", "pipe_takes_valves_of_the_user", "pipe_takes_valves_of_the_user_that_do_not_fit"),
    ),
)
FACTS = (*LOADING, *RUNNING)


def fact_of(plugin: str) -> str:
    """Say which fact a plugin shows, and its number."""
    fact = next(each for each in FACTS if plugin in each.plugins)
    return f"{fact.says} ({fact.ref})"


_LOST = "the server finds no method of the spec's name, and every chat with the tool fails; here the method is left out"
_ADVICE = "langchain says more around pydantic's sentence; exception, class and line are the same"
_UNSORTABLE = (
    "the server cannot put the filter in order with others, and neither can we; until there is another, 0 is told of it"
)
_BOTH = ("0.12.4", "0.6.43")
#: by plugin and version: why what is said here differs
GAPS = {
    **{
        (name, version): _LOST
        for name in ("method_builtin", "method_decorated_without_wraps", "method_lambda", "method_property_callable")
        for version in _BOTH
    },
    ("method_two_underscores", "0.6.43"): _LOST,
    **{
        (name, version): _ADVICE
        for name in ("hint_callable", "hint_object_and_type", "hint_pydantic_1")
        for version in _BOTH
    },
    **{
        (name, "0.12.4"): _UNSORTABLE
        for name in ("filter_priority_none", "filter_priority_a_word", "filter_priority_a_number_as_text")
    },
}
#: the same of what the routes say
ROUTE_GAPS = {
    **{
        (name, version): "the server fails when it is asked for the schema of such valves; here there is none"
        for name in ("valves_that_are_no_model", "valves_a_dataclass")
        for version in _BOTH
    },
    **{
        (name, "0.12.4"): "the server answers 500 to what exits, as if it had failed itself; here it is refused"
        for name in ("error_exit_at_import", "error_exit_in_init")
    },
}
