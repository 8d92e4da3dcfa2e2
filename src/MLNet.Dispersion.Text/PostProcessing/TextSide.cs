namespace MLNet.Dispersion.Text;

/// <summary>A side of a text.</summary>
public enum TextSide
{
    /// <summary>The end.</summary>
    Right,

    /// <summary>The beginning.</summary>
    Left,
}
