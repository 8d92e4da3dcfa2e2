namespace MLNet.Dispersion.Tool;

/// <summary>Writes pictures as the file's ending says.</summary>
internal static class Pictures
{
    /// <summary>What writes to a path; null where none is named. Asked for before the work begins, so that a wrong ending or place costs no time.</summary>
    /// <exception cref="ToolException">The ending is another one, or it cannot be written there.</exception>
    public static Action<string, CondensationPicture>? Writer(string? path)
    {
        OutputPlace.RequireFile("--picture", path);
        return path is null ? null : Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".PNG" => (file, picture) => picture.SavePng(file),
            ".SVG" => (file, picture) => picture.SaveSvg(file),
            _ => throw new ToolException($"--picture: '{path}' must end in .png or .svg."),
        };
    }
}
