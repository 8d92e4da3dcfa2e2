using Parquet;
using Parquet.Serialization;

namespace MLNet.Dispersion.Tool;

/// <summary>Rows of a Parquet file.</summary>
internal static class ParquetRows
{
    public static RowTable Read(string path)
    {
        try
        {
            return ReadAsync(path).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not ToolException and not UnauthorizedAccessException)
        {
            throw new ToolException($"{path} cannot be read as Parquet: {e.Message} Fetch the file again, or write it as JSON lines.", e);
        }
    }

    private static async Task<RowTable> ReadAsync(string path)
    {
        FileStream stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
        {
            var options = new ParquetOptions();
            int groups;
            ParquetReader reader = await ParquetReader.CreateAsync(stream, options, leaveStreamOpen: true).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                groups = reader.RowGroupCount;
            }

            var rows = new FieldRows();
            for (int group = 0; group < groups; group++)
            {
                foreach (Dictionary<string, object> row in (await ParquetSerializer.DeserializeUntypedAsync(stream, options, group).ConfigureAwait(false)).Data)
                {
                    rows.BeginRow();
                    foreach ((string name, object? value) in row)
                    {
                        rows.Add(name, value);
                    }
                }
            }

            return rows.ToTable(path, lines: null);
        }
    }
}
