impl Jobs {
    fn unknown_option(&self) -> ::outflow::Generator<'_, ()> {
        use ::outflow::__private::dispatch::Infallibly as _;
        ::outflow::Generator::new(
            |__sender| self.__boxed_outflow_unknown_option(__sender),
            |__returned| ::outflow::__private::Returned(__returned).__failed(),
        )
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    fn __boxed_outflow_unknown_option(
        &self,
        __sender: ::outflow::__private::Sender,
    ) -> ::core::pin::Pin<
        ::outflow::__private::Box<
            dyn ::core::future::Future<Output = ()> + ::core::marker::Send + '_,
        >,
    > {
        ::outflow::__private::Box::pin(self.__outflow_unknown_option([__sender]))
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    async fn __outflow_unknown_option(
        &self,
        [ref __sender,
        ]: [::outflow::__private::Sender; 1],
    ) {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        {
            let __sent = __sender.offer(self.stream(1));
            __sent.await
        };
    }
    fn refused_calls(&self) -> ::outflow::Generator<'_, ()> {
        use ::outflow::__private::dispatch::Infallibly as _;
        ::outflow::Generator::new(
            |__sender| self.__boxed_outflow_refused_calls(__sender),
            |__returned| ::outflow::__private::Returned(__returned).__failed(),
        )
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    fn __boxed_outflow_refused_calls(
        &self,
        __sender: ::outflow::__private::Sender,
    ) -> ::core::pin::Pin<
        ::outflow::__private::Box<
            dyn ::core::future::Future<Output = ()> + ::core::marker::Send + '_,
        >,
    > {
        ::outflow::__private::Box::pin(self.__outflow_refused_calls([__sender]))
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    async fn __outflow_refused_calls(
        &self,
        [ref __sender,
        ]: [::outflow::__private::Sender; 1],
    ) {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        tokio::spawn(async move {
            {
                let _ = ((1), ());
            }
        });
        (0..3)
            .for_each(|i| {
                let _ = self.stream(i);
            });
        self.__outflow_helper(::core::option::Option::None.unwrap(), 1).await;
        Self::__outflow_helper(
                ::core::option::Option::None.unwrap(),
                ::core::option::Option::None.unwrap(),
                1,
            )
            .await;
    }
    #[allow(clippy::unused_async)]
    async fn without_self(&self) {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        {
            let _ = self.stream(1);
        };
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    async fn __outflow_helper(
        &self,
        [ref __sender,
        ]: [::outflow::__private::Sender; 1],
        id: u64,
    ) {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        {
            let __sent = __sender.offer(self.stream(id));
            __sent.await
        };
    }
}
#[action(__taken)]
const _: () = ();
#[action(__taken)]
const _: () = ();
#[action(__taken)]
const _: () = ();
#[doc(hidden)]
impl Jobs {
    fn __answer_outflow_refused_calls(
        __this: ::outflow::__private::Arc<Self>,
        mut __call: ::outflow::__private::Call<()>,
    ) -> ::outflow::__private::Answer {
        ::outflow::__private::Box::pin(async move {
            use ::outflow::__private::dispatch::{
                AsFailure as _, AsResult as _, FromStrText as _, FromText as _,
                Infallibly as _,
            };
            let _ = Self::refused_calls;
            ::core::result::Result::Ok(
                __call
                    .ready()
                    .open()?
                    .run(move |__sender| ::outflow::__private::Box::pin(async move {
                        match ::outflow::__private::Returned(
                                __this.__boxed_outflow_refused_calls(__sender).await,
                            )
                            .__ended()
                        {
                            ::core::result::Result::Ok(__value) => {
                                ::outflow::__private::Value(__value).__outcome()
                            }
                            ::core::result::Result::Err(__error) => {
                                ::outflow::__private::Thrown(__error).__outcome()
                            }
                        }
                    }))
                    .await,
            )
        })
    }
}
#[automatically_derived]
impl ::outflow::__private::OneControllerBlockPerType for Jobs {}
#[automatically_derived]
impl<
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
> ::outflow::Controller<__S> for Jobs {
    fn into_router(self) -> ::outflow::__private::Router<__S> {
        ::outflow::__private::router(
                self,
                &[
                    ::outflow::__private::Route {
                        methods: ::outflow::__private::MethodFilter::GET,
                        path: "/jobs/refused-calls",
                        options: const { &::outflow::__private::Options::DEFAULT },
                        answer: Self::__answer_outflow_refused_calls,
                    },
                ],
            )
            .with_state(())
    }
}
impl Jobs {
    #[doc(hidden)]
    pub fn stream<__P, __R>(&mut self, _: __P) -> __R
    where
        for<'__a> &'__a Self: ::outflow::__private::InControllerBlock,
    {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    pub fn stream_all<__S, __R>(&mut self, _: __S) -> __R
    where
        for<'__a> &'__a Self: ::outflow::__private::InControllerBlock,
    {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    pub fn latest<__S, __R>(&mut self, _: __S) -> __R
    where
        for<'__a> &'__a Self: ::outflow::__private::InControllerBlock,
    {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    pub fn emitter<__R>(&mut self) -> __R
    where
        for<'__a> &'__a Self: ::outflow::__private::InControllerBlock,
    {
        ::core::unreachable!()
    }
    fn helper(&self, _: u64) -> ::core::future::Ready<()>
    where
        for<'__a> &'__a Self: ::outflow::__private::CalledInControllerBlock,
    {
        ::core::unreachable!()
    }
}
::core::compile_error! {
    "unknown option `fetch` in `#[action(..)]`\nhelp: the options are `get`, `post`, `put`, `patch`, `delete`, `path`, `item`, `event`, `formats`, `open_after`, `heartbeat`, `timeout`, `max_age`, `on_disconnect`, `on_shutdown`, `resumable`"
}
::core::compile_error! {
    "this action has no `self`\nhelp: write `&self` as its first argument"
}
::core::compile_error! {
    "`self.stream(..)` can't be used in a spawned task, which may outlive the action\nhelp: take an emitter with `self.emitter()` before spawning, and send with that"
}
::core::compile_error! {
    "`self.stream(..)` waits for the client, and a closure can't wait\nhelp: collect the values and stream them in a loop, return an `async` block from the closure, or send with `self.emitter()`"
}
::core::compile_error! {
    "`helper` takes 1 argument, and this is one too many\nhelp: remove it"
}
::core::compile_error! {
    "`Self::helper(..)` has no client to stream to\nhelp: write `self.helper(..)`"
}
