using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace MLNet.Dispersion.Serving;

/// <summary>POST /predict: rows by the model's input columns, answered by the columns that it adds.</summary>
internal sealed class PredictEndpoint(Engines engines, Gate gate)
{
    internal async Task Handle(HttpContext context)
    {
        if (engines.Rows is not { } queue)
        {
            throw OpenAI.NotServed(engines.Model, "/predict", "needs a zip of ML.NET");
        }

        RequestFields fields = await gate.Read(context).ConfigureAwait(false);
        if (fields.Any("rows") is not { ValueKind: JsonValueKind.Array } array)
        {
            throw fields.Wrong("rows", "an array of objects, one a row, with the model's input columns as fields");
        }

        fields.RefuseOthers();
        engines.CheckRows(array.GetArrayLength(), "rows");
        object?[][] rows = [.. array.EnumerateArray().Select(Row)];
        Gate.Trace("dispersion.rows", rows.Length);
        IReadOnlyList<byte[]> results = await engines.Enter(queue, rows, context.RequestAborted).ConfigureAwait(false);
        Offer(rows);
        await Write(context, results).ConfigureAwait(false);
    }

    private object?[] Row(JsonElement json, int place)
    {
        RowScorer scorer = engines.Model.Rows!;
        string at = $"rows[{place}]";
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw ApiException.Bad($"'{at}' must be an object with the model's input columns as fields.", at, "invalid_value");
        }

        var row = new object?[scorer.Fields.Count];
        foreach (JsonProperty property in json.EnumerateObject())
        {
            string name = RequestFields.NameOf(property);
            int index = IndexOf(scorer.Fields, name);
            if (index < 0)
            {
                throw ApiException.Bad($"'{at}.{RequestFields.Short(name)}' is no input column of the model. Its columns are {Columns(scorer)}.", $"{at}.{RequestFields.Short(name)}", "unsupported_parameter");
            }

            if (property.Value.ValueKind != JsonValueKind.Null)
            {
                row[index] = Value(scorer.Fields[index], property.Value, $"{at}.{name}");
            }
        }

        for (int i = 0; i < row.Length; i++)
        {
            if (row[i] is null && scorer.Fields[i].IsRequired)
            {
                throw ApiException.Bad($"'{at}.{scorer.Fields[i].Name}' is missing; the model reads it. Its columns are {Columns(scorer)}.", $"{at}.{scorer.Fields[i].Name}", "missing_value");
            }
        }

        return row;
    }

    private object Value(InputField field, JsonElement json, string place)
    {
        if (field.Kind is not { } kind)
        {
            throw ApiException.Bad($"'{place}' cannot be sent: the column has the type {field.Column.Type}. Leave it out.", place, "unsupported_parameter");
        }

        try
        {
            if (field.TryRead(json, out object? value, out int characters))
            {
                engines.CheckText(characters, place);
                return value!;
            }
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Bad($"'{place}' is no text of Unicode.", place, "invalid_value");
        }

        throw ApiException.Bad($"'{place}' must be {kind}, within the range and length of the column.", place, "invalid_value");
    }

    private static int IndexOf(IReadOnlyList<InputField> fields, string name)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    private static string Columns(RowScorer scorer) => string.Join(", ", scorer.Fields.Where(field => field.Kind is not null).Select(field => $"{field.Name} ({field.Kind}{(field.IsRequired ? "" : ", may be left out")})"));

    private void Offer(object?[][] rows)
    {
        if (engines.Watch is not { } watch)
        {
            return;
        }

        IReadOnlyList<InputField> fields = engines.Model.Rows!.Fields;
        foreach (object?[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                if (fields[i].IsRequired && row[i] is ReadOnlyMemory<char> text)
                {
                    watch.Offer(text.ToString());
                }
            }
        }
    }

    private async Task Write(HttpContext context, IReadOnlyList<byte[]> results)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model", engines.Model.Name);
            json.WriteStartArray("rows");
            foreach (byte[] row in results)
            {
                json.WriteRawValue(row, skipInputValidation: true);
            }

            json.WriteEndArray();
            json.WriteStartObject("slotNames");
            foreach ((string column, IReadOnlyList<string> names) in engines.Model.Rows!.SlotNames)
            {
                json.WriteStartArray(column);
                foreach (string name in names)
                {
                    json.WriteStringValue(name);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted).ConfigureAwait(false);
    }
}
