namespace MLNet.Dispersion.Tool;

/// <summary>Which columns of a file are read.</summary>
/// <param name="Text">The text.</param>
/// <param name="SecondText">The second text of pairs; null for single texts.</param>
/// <param name="Label">The label; null where there is none.</param>
/// <param name="Weight">How much each row counts; null where all count the same.</param>
internal sealed record RowColumns(string Text, string? SecondText, string? Label, string? Weight);
