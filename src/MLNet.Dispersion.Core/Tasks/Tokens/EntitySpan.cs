namespace MLNet.Dispersion;

/// <summary>A labelled piece of a text, such as the name of a person.</summary>
/// <param name="Label">What it is: <c>PER</c>, …</param>
/// <param name="Start">Its first character, in UTF-16 units from 0, as .NET counts the characters of a string.</param>
/// <param name="End">The end behind its last character.</param>
public readonly record struct EntitySpan(string Label, int Start, int End);
