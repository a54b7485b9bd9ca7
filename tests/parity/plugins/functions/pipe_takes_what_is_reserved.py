class Pipe:
    def pipe(
        self,
        body,
        __user__,
        __metadata__,
        __task__,
        __task_body__,
        __files__,
        __tools__,
        __chat_id__,
        __session_id__,
        __message_id__,
        __event_emitter__,
        __event_call__,
        __oauth_token__,
    ):
        return repr(
            (
                __user__["id"],
                sorted(__metadata__),
                __task__,
                __task_body__,
                __files__,
                __tools__,
                __chat_id__,
                __session_id__,
                __message_id__,
                __event_emitter__ is None,
                __event_call__ is None,
                __oauth_token__,
            )
        )
