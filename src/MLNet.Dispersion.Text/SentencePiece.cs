namespace MLNet.Dispersion.Text;

/// <summary>One piece of a sentence-piece vocabulary; its id is its place.</summary>
/// <param name="Text">Its text, with U+2581 for a space.</param>
/// <param name="Score">The higher, the sooner two neighbours that make it are merged.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct SentencePiece(string Text, float Score, SentencePieceKind Kind);
