import { render } from 'preact'
import { App } from './app.tsx'
import { Live } from './live.ts'
import './style/tokens.css'
import './style/base.css'
import './style/layout.css'
import './style/messages.css'
import './style/blocks.css'
import './style/overlays.css'
import './style/side.css'
import './style/company.css'
import './style/phone.css'
import './style/laptop.css'

const root = document.getElementById('page')
if (root) render(<App live={new Live()} />, root)
