import { render } from 'preact';

import './styles/base.css';
import './styles/page.css';
import './styles/overview.css';
import './styles/stations.css';
import './styles/curve.css';
import './styles/alarms.css';
import './styles/reasons.css';
import './styles/watch.css';
import { App } from './view/app.tsx';

const host = document.getElementById('console');
if (host !== null) render(<App />, host);
