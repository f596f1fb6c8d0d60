// Pages work without scripts; this switches on what makes them nicer.
import { initAll } from './nhsuk/nhsuk-frontend-10.6.1.min.js'

document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) {
  document.body.classList.add('nhsuk-frontend-supported')
}
initAll()
