// The API page: lists the actions of an OpenAPI document, and shows the one that the URL's hash names.

import { ActionView } from './action.mjs';
import { el, fill, prose } from './dom.mjs';
import { Headers } from './headers.mjs';
import { hashOf, nav } from './nav.mjs';
import { Spec } from './spec.mjs';

const main = el('main', { id: 'main', tabindex: -1 });
const skip = el('a', { class: 'skip', href: '#main' }, 'Skip to the action');
// The hash is for actions.
skip.onclick = event => {
  event.preventDefault();
  (main.querySelector('h2') ?? main).focus();
};

/** @type {ActionView | undefined} */
let view;

/** @param {Spec} spec */
function show(spec) {
  const headers = new Headers(spec);
  const list = nav(spec);
  const { version } = spec.root.info ?? {};
  const title = el('h1', null, el('a', { href: '#' }, spec.title), version && el('small', null, version));
  document.title = spec.title;
  fill(document.body, skip, el('header', { class: 'banner' }, title, headers.node), list.node, main);

  const route = () => {
    const [id, run] = location.hash.slice(1).split('/');
    const action = spec.actions.find(one => hashOf(one) === `#${id}`);
    view?.stop();
    view = action && new ActionView(action, spec, headers, run === 'run');
    document.body.dataset.view = action ? 'action' : 'list';
    document.title = action ? `${action.summary ?? action.id} · ${spec.title}` : spec.title;
    list.mark(action);
    fill(main, view ? view.node : welcome(spec));
    return view;
  };
  addEventListener('hashchange', () => {
    scrollTo(0, 0);
    (route()?.node.querySelector('h2') ?? main).focus({ preventScroll: true });
  });
  route();
}

/** @param {Spec} spec */
const welcome = spec =>
  el(
    'article',
    { class: 'welcome' },
    prose(spec.root.info?.description),
    [...new Set(spec.actions.map(action => action.tag))].map(tag => {
      const about = prose(spec.about(tag));
      return about.length > 0 && el('section', null, el('h3', null, tag), about);
    }),
    el('p', { class: 'about' }, spec.actions.length ? 'Choose an action.' : 'The document names no action.'),
  );

async function start() {
  const link = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel=service-desc]'));
  try {
    const response = await fetch(link.href);
    if (!response.ok) throw new Error(`the server answered with status ${response.status}`);
    show(new Spec(await response.json(), response.url || link.href));
  } catch (error) {
    const path = new URL(link.href).pathname;
    fill(
      document.body,
      el(
        'main',
        { class: 'broken' },
        el('h1', null, 'The document did not load'),
        el('p', { role: 'alert' }, el('code', null, path), `: ${/** @type {Error} */ (error).message}.`),
        el(
          'p',
          { class: 'about' },
          'Mount it with ',
          el('code', null, `document.router(…)`),
          ', and load the page again.',
        ),
      ),
    );
  }
}

start();
