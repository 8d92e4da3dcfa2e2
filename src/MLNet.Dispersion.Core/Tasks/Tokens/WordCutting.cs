namespace MLNet.Dispersion;

/// <summary>How a text is cut into the words that tags are for.</summary>
public enum WordCutting
{
    /// <summary>At white space and at signs: runs of letters and digits are words, every other sign is one by itself, and so is every character of scripts that write no blanks (Han, Kana, Thai, Lao, Khmer, Burmese).</summary>
    Signs,

    /// <summary>At white space alone, for texts whose words were put apart by blanks before.</summary>
    Blanks,
}
