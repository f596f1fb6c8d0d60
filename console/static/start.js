// Pages work without scripts; this switches on what makes them nicer.
import { initAll } from './nhsuk/nhsuk-frontend-10.6.1.min.js'

document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) {
  document.body.classList.add('nhsuk-frontend-supported')
}
initAll()

// A page that updates itself is drawn anew where it stands, so that what was opened stays open.
// Without scripts it is loaded again by its own refresh instead.
const updating = document.querySelector('[data-update-seconds]')
if (updating) {
  setInterval(update, 1000 * Number(updating.dataset.updateSeconds))
}

async function update () {
  const main = document.querySelector('main')
  // Nothing moves under the hands of whoever works in it, and nobody looks at a hidden page.
  if (document.hidden || main.contains(document.activeElement)) return
  let answer
  try {
    answer = await fetch(location.href, { redirect: 'error', signal: AbortSignal.timeout(8000) })
  } catch {
    return
  }
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const drawn = page.querySelector('main')
  if (!drawn || main.contains(document.activeElement)) return
  const opened = [...main.querySelectorAll('details')].map(one => one.open)
  drawn.querySelectorAll('details').forEach((one, place) => { one.open = opened[place] ?? false })
  main.replaceChildren(...drawn.childNodes)
}
