import { debianGuest } from './debian.ts';

export const debian13 = debianGuest('debian-13', 'Debian 13 (trixie), kernel 6.12', 'trixie');
