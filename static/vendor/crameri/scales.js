// vik (turned round: red first) and roma of the Scientific Colour Maps, each sampled at 21 even steps.
// Copyright (c) 2020 Fabio Crameri, MIT: see LICENSE.
export const CRAMERI = {
  vik: [
    "#590008", "#6f1107", "#872406", "#a13c0b", "#b75a26", "#c37243", "#cc875f",
    "#d69f7e", "#e1b8a0", "#ecd1c3", "#ebe6e2", "#cfe0e8", "#a7c9da", "#7db0c9",
    "#5798b9", "#307da6", "#116496", "#044d87", "#02397a", "#02276e", "#001261",
  ],
  roma: [
    "#7e1700", "#8c360a", "#984e14", "#a2621c", "#ac7726", "#b68c32", "#c1a343",
    "#cbbc5f", "#d2d484", "#cfe5a8", "#c0eac3", "#a9e7d2", "#89dad7", "#67c7d5",
    "#4db3cf", "#399dc7", "#2d88be", "#2574b5", "#1e5fac", "#164aa3", "#033198",
  ],
};
