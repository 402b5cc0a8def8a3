/** The user that is made where there is none. */
export const FIRST_USER = 'admin';
