/** International foot of 1959, exact (NIST SP 811, appendix B.8). */
export const METRES_PER_FOOT = 0.3048;
/** International inch, exact (NIST SP 811, appendix B.8). */
export const METRES_PER_INCH = 0.0254;
export const MILLIMETRES_PER_INCH = 25.4;
/** The cube of the international foot, exact; flows in ft³/s become m³/s. */
export const CUBIC_METRES_PER_CUBIC_FOOT = 0.028316846592;
/** India gives storages in MCM, million cubic metres. */
export const CUBIC_METRES_PER_MCM = 1e6;
